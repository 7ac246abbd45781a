"""Every image of the manifests that are named: every text under a key `image`, wherever it is, one JSON array per line.

Knows nothing of kinds and paths, and shares no code with what it is held against. Where PyYAML does not read a file, it says so.
"""

import json
import sys

import yaml


def walk(node, path, found):
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = f"{path}.{key.value}" if path else key.value
            if key.value == "image" and isinstance(value, yaml.ScalarNode):
                mark = value.start_mark
                found.append([mark.line + 1, mark.column + 1, below, value.value])
            walk(value, below, found)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            walk(value, f"{path}[{index}]", found)


for name in sys.argv[1:]:
    found, error = [], None
    try:
        with open(name, encoding="utf-8") as file:
            for document in yaml.compose_all(file, Loader=yaml.SafeLoader):
                walk(document, "", found)
    except yaml.YAMLError as caught:
        error = str(caught)
    print(json.dumps([name, found, error]))
