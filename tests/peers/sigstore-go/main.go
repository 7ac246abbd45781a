// Verifies one bundle many times with sigstore-go, and prints the median in nanoseconds.
//
//	sigstore-go TRUSTED-ROOT BUNDLE SHA256-HEX ROUNDS [PUBLIC-KEY]
//
// The trusted root and the files are read once; each round parses the bundle's bytes and verifies them, as benches/verify does with ours.
package main

import (
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
)

// A garbage-collected program is slow at first: its heap has to grow, and its pools to fill. That is not measured.
const warmUp = 20

func main() {
	median, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(2)
	}
	fmt.Println(median.Nanoseconds())
}

func run(args []string) (time.Duration, error) {
	if len(args) != 4 && len(args) != 5 {
		return 0, errors.New("expected TRUSTED-ROOT BUNDLE SHA256-HEX ROUNDS [PUBLIC-KEY]")
	}
	trusted, err := root.NewTrustedRootFromPath(args[0])
	if err != nil {
		return 0, err
	}
	bytes, err := os.ReadFile(args[1])
	if err != nil {
		return 0, err
	}
	digest, err := hex.DecodeString(args[2])
	if err != nil {
		return 0, err
	}
	rounds, err := strconv.Atoi(args[3])
	if err != nil || rounds < 1 {
		return 0, fmt.Errorf("expected a number of rounds: %s", args[3])
	}

	material := root.TrustedMaterialCollection{trusted}
	options := []verify.VerifierOption{verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1)}
	signer := verify.WithoutIdentitiesUnsafe()
	if len(args) == 5 {
		key, err := publicKey(args[4])
		if err != nil {
			return 0, err
		}
		material = append(material, key)
		signer = verify.WithKey()
	} else {
		options = append(options, verify.WithSignedCertificateTimestamps(1))
	}
	verifier, err := verify.NewVerifier(material, options...)
	if err != nil {
		return 0, err
	}

	times := make([]time.Duration, 0, rounds)
	for round := range warmUp + rounds {
		begun := time.Now()
		var parsed bundle.Bundle
		if err := parsed.UnmarshalJSON(bytes); err != nil {
			return 0, err
		}
		policy := verify.NewPolicy(verify.WithArtifactDigest("sha256", digest), signer)
		if _, err := verifier.Verify(&parsed, policy); err != nil {
			return 0, err
		}
		if round >= warmUp {
			times = append(times, time.Since(begun))
		}
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// publicKey is a key that is trusted whatever a bundle's hint says, and at any time.
func publicKey(path string) (root.TrustedMaterial, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := cryptoutils.UnmarshalPEMToPublicKey(pem)
	if err != nil {
		return nil, err
	}
	verifier, err := signature.LoadVerifier(key, crypto.SHA256)
	if err != nil {
		return nil, err
	}
	always := root.NewExpiringKey(verifier, time.Time{}, time.Time{})
	return root.NewTrustedPublicKeyMaterial(func(string) (root.TimeConstrainedVerifier, error) { return always, nil }), nil
}
