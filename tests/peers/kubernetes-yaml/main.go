// How kubectl reads a manifest: each line of the input is a text as a JSON string, each line of the output the objects that
// Kubernetes' own libraries make of it, up to the first that is malformed.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"

	splitter "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

func objects(text string) []json.RawMessage {
	read := []json.RawMessage{}
	documents := splitter.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		document, err := documents.Read()
		if err != nil {
			return read
		}
		object, err := yaml.YAMLToJSON(document)
		if err != nil {
			return read
		}
		read = append(read, object)
	}
}

func main() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var text string
		if in.Decode(&text) != nil {
			return
		}
		if err := out.Encode(objects(text)); err != nil {
			panic(err)
		}
	}
}
