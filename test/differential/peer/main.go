// The peer: what kept Go libraries say of inputs that our own parsers are given too. One JSON object a line in, one a line out, in order.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"errors"
	"math/big"
	"os"

	"github.com/cyberphone/json-canonicalization/go/src/webpki.org/jsoncanonicalizer"
	"github.com/distribution/reference"
	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/mod/sumdb/note"
)

type question struct {
	What  string   `json:"what"`
	Bytes []byte   `json:"bytes"`
	Index uint64   `json:"index"`
	Size  uint64   `json:"size"`
	Proof [][]byte `json:"proof"`
}

type answer map[string]any

var peers = map[string]func(question) (answer, error){
	"reference":       parseReference,
	"checkpoint":      parseCheckpoint,
	"inclusion proof": rootOf,
	"canonical JSON":  canonicalize,
	"ECDSA signature": parseSignature,
	"public key":      parsePublicKey,
	"certificate":     parseCertificate,
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for in.Scan() {
		var asked question
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			panic(err)
		}
		said, err := peers[asked.What](asked)
		if err != nil {
			said = answer{"refused": err.Error()}
		}
		if err := encoder.Encode(said); err != nil {
			panic(err)
		}
	}
}

func parseReference(asked question) (answer, error) {
	named, err := reference.ParseNormalizedNamed(string(asked.Bytes))
	if err != nil {
		return nil, err
	}
	said := answer{"domain": reference.Domain(named), "path": reference.Path(named)}
	if tagged, ok := named.(reference.Tagged); ok {
		said["tag"] = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		said["digest"] = digested.Digest().String()
	}
	return said, nil
}

func parseCheckpoint(asked question) (answer, error) {
	var unverified *note.UnverifiedNoteError
	if _, err := note.Open(asked.Bytes, note.VerifierList()); !errors.As(err, &unverified) {
		return nil, err
	}
	opened := unverified.Note
	var checkpoint log.Checkpoint
	if _, err := checkpoint.Unmarshal([]byte(opened.Text)); err != nil {
		return nil, err
	}
	signatures := []string{}
	for _, one := range opened.UnverifiedSigs {
		signatures = append(signatures, one.Name+" "+one.Base64)
	}
	return answer{
		"text": opened.Text, "origin": checkpoint.Origin, "size": new(big.Int).SetUint64(checkpoint.Size).String(),
		"root": checkpoint.Hash, "signatures": signatures,
	}, nil
}

func rootOf(asked question) (answer, error) {
	root, err := proof.RootFromInclusionProof(rfc6962.DefaultHasher, asked.Index, asked.Size, asked.Bytes, asked.Proof)
	if err != nil {
		return nil, err
	}
	return answer{"root": root}, nil
}

func canonicalize(asked question) (answer, error) {
	text, err := jsoncanonicalizer.Transform(asked.Bytes)
	return answer{"text": text}, err
}

// As crypto/ecdsa reads it.
func parseSignature(asked question) (answer, error) {
	r, s := new(big.Int), new(big.Int)
	var inner cryptobyte.String
	input := cryptobyte.String(asked.Bytes)
	if !input.ReadASN1(&inner, asn1.SEQUENCE) || !input.Empty() || !inner.ReadASN1Integer(r) ||
		!inner.ReadASN1Integer(s) || !inner.Empty() {
		return nil, errors.New("invalid ASN.1")
	}
	return answer{"r": r.Text(16), "s": s.Text(16)}, nil
}

func parsePublicKey(asked question) (answer, error) {
	key, err := x509.ParsePKIXPublicKey(asked.Bytes)
	if err != nil {
		return nil, err
	}
	again, err := x509.MarshalPKIXPublicKey(key)
	return answer{"again": again}, err
}

func parseCertificate(asked question) (answer, error) {
	certificate, err := x509.ParseCertificate(asked.Bytes)
	if err != nil {
		return nil, err
	}
	return answer{"spki": certificate.RawSubjectPublicKeyInfo}, nil
}
