// Asks Sigstore's policy-controller, as its webhook does, about images.
//
//	policy-controller POLICY REFERENCE@DIGEST ...
//
// prints `accepted` or `refused: WHY` for each reference.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/sigstore/policy-controller/pkg/policy"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: policy-controller POLICY REFERENCE ...")
		os.Exit(2)
	}
	ctx := context.Background()
	sources := []policy.Source{{Path: os.Args[1]}}
	verification := policy.Verification{NoMatchPolicy: "deny", Policies: &sources}
	ignore := func(string, ...any) {}
	verifier, err := policy.Compile(ctx, verification, ignore)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, text := range os.Args[2:] {
		reference, err := name.ParseReference(text)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		if err := verifier.Verify(ctx, reference, authn.DefaultKeychain); err != nil {
			fmt.Println("refused: " + strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("accepted")
		}
	}
}
