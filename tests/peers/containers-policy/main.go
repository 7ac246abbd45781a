// Asks the policy engine of podman, skopeo and CRI-O about images.
//
//	containers-policy POLICY REGISTRIES.D REFERENCE ...
//
// prints `accepted` or `refused: WHY` for each reference.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"go.podman.io/image/v5/docker"
	"go.podman.io/image/v5/image"
	"go.podman.io/image/v5/signature"
	"go.podman.io/image/v5/types"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: containers-policy POLICY REGISTRIES.D REFERENCE ...")
		os.Exit(2)
	}
	policy, err := signature.NewPolicyFromFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	engine, err := signature.NewPolicyContext(policy)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	system := &types.SystemContext{
		RegistriesDirPath:           os.Args[2],
		DockerInsecureSkipTLSVerify: types.OptionalBoolTrue,
	}
	for _, reference := range os.Args[3:] {
		fmt.Println(verdict(engine, system, reference))
	}
}

func verdict(engine *signature.PolicyContext, system *types.SystemContext, reference string) string {
	ctx := context.Background()
	named, err := docker.ParseReference("//" + reference)
	if err != nil {
		return "failed: " + oneLine(err)
	}
	source, err := named.NewImageSource(ctx, system)
	if err != nil {
		return "failed: " + oneLine(err)
	}
	defer source.Close()
	allowed, err := engine.IsRunningImageAllowed(ctx, image.UnparsedInstance(source, nil))
	switch {
	case allowed:
		return "accepted"
	default:
		return "refused: " + oneLine(err)
	}
}

func oneLine(err error) string {
	return strings.ReplaceAll(err.Error(), "\n", " ")
}
