#!/usr/bin/env python3
"""Counts what a document of others holds, on its own and with nothing but the json module, for documents.rs to compare.

  count.py KIND < DOCUMENT      KIND: trivy, grype, clair, osv, spdx, cyclonedx, openvex or csaf

Writes one JSON object of counts: by severity and by package for reports, by licence and by package for SBOMs, by status and
by name for VEX.
"""

import json
import re
import sys
from collections import Counter

# CVSS v3.1, section 7.4.
WEIGHTS = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
}
PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}


def round_up(number):
    whole = round(number * 100000)
    return whole / 100000 if whole % 10000 == 0 else (whole // 10000 + 1) / 10


def base_score(vector):
    """The base score of a vector of CVSS 3.x (v3.1, section 7.1)."""
    metrics = dict(part.split(":") for part in vector.split("/")[1:])
    changed = metrics["S"] == "C"
    impact = 1 - (1 - WEIGHTS["C"][metrics["C"]]) * (1 - WEIGHTS["C"][metrics["I"]]) * (1 - WEIGHTS["C"][metrics["A"]])
    scaled = 7.52 * (impact - 0.029) - 3.25 * (impact - 0.02) ** 15 if changed else 6.42 * impact
    ease = (8.22 * WEIGHTS["AV"][metrics["AV"]] * WEIGHTS["AC"][metrics["AC"]]
            * PRIVILEGES[metrics["S"]][metrics["PR"]] * WEIGHTS["UI"][metrics["UI"]])
    if scaled <= 0:
        return 0.0
    return round_up(min((1.08 if changed else 1.0) * (scaled + ease), 10))


BANDS = [(9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"), (0.0, "negligible")]
ORDER = ["unknown", "negligible", "low", "medium", "high", "critical"]


def band(score):
    return next(name for least, name in BANDS if score >= least)


def named(name, version):
    return f"{name} {version or ''}".rstrip()


def trivy(document):
    for result in document.get("Results") or []:
        for found in result.get("Vulnerabilities") or []:
            yield found["Severity"].lower(), named(found["PkgName"], found.get("InstalledVersion"))


def grype(document):
    for match in document["matches"]:
        yield match["vulnerability"]["severity"].lower(), named(match["artifact"]["name"], match["artifact"]["version"])


def clair(document):
    for package, found in document["package_vulnerabilities"].items():
        for flaw in found:
            about = document["packages"][package]
            yield document["vulnerabilities"][flaw]["normalized_severity"].lower(), named(about["name"], about["version"])


def osv(document):
    for source in document["results"]:
        for package in source["packages"]:
            about = named(package["package"]["name"], package["package"].get("version"))
            records = {record["id"]: record for record in package.get("vulnerabilities") or []}
            for group in package.get("groups") or []:
                ratings = ["unknown"]
                if group.get("max_severity"):
                    ratings.append(band(float(group["max_severity"])))
                for record in (records.pop(name) for name in group["ids"]):
                    word = (record.get("database_specific") or {}).get("severity", "unknown").lower()
                    ratings.append({"moderate": "medium"}.get(word, word))
                    ratings += [band(base_score(rating["score"])) for rating in record.get("severity") or []]
                yield max(ratings, key=ORDER.index), about
            assert not records, "every record is in a group"


def licenses(text):
    """The names in an expression, as far as splitting it at its words goes."""
    return [name for name in re.split(r"\s*[()]\s*|\s+(?:AND|OR)\s+", text) if name]


def spdx(document):
    for package in document["packages"]:
        stated = [package.get(key, "NOASSERTION") for key in ("licenseConcluded", "licenseDeclared")]
        asserted = [text for text in stated if text not in ("NOASSERTION", "NONE")]
        yield named(package["name"], package.get("versionInfo")), licenses(asserted[0]) if asserted else []


def cyclonedx(document):
    def walk(component):
        name = "/".join(filter(None, [component.get("group"), component["name"]]))
        names = []
        for choice in component.get("licenses") or []:
            if "expression" in choice:
                names += licenses(choice["expression"])
            else:
                names.append(choice["license"].get("id") or choice["license"]["name"])
        yield named(name, component.get("version")), names
        for inside in component.get("components") or []:
            yield from walk(inside)

    about = (document.get("metadata") or {}).get("component")
    for component in ([about] if about else []) + (document.get("components") or []):
        yield from walk(component)


def openvex(document):
    for statement in document["statements"]:
        vulnerability = statement["vulnerability"]
        yield statement["status"], [vulnerability.get("name") or vulnerability["@id"]] + vulnerability.get("aliases", [])


def csaf(document):
    labels = {"known_not_affected": "not_affected", "known_affected": "affected"}
    for vulnerability in document["vulnerabilities"]:
        names = [vulnerability["cve"]] + [it["text"] for it in vulnerability.get("ids", [])]
        for status, products in vulnerability["product_status"].items():
            for _ in products:
                yield labels.get(status, status), names


def main():
    kind, document = sys.argv[1], json.load(sys.stdin)
    if kind in ("spdx", "cyclonedx"):
        packages = list({"spdx": spdx, "cyclonedx": cyclonedx}[kind](document))
        counts = {
            "package": Counter(name for name, _ in packages),
            "license": Counter(name for _, names in packages for name in names),
        }
    elif kind in ("openvex", "csaf"):
        statements = list({"openvex": openvex, "csaf": csaf}[kind](document))
        counts = {
            "status": Counter(status for status, _ in statements),
            "name": Counter(name for _, names in statements for name in names),
        }
    else:
        findings = list({"trivy": trivy, "grype": grype, "clair": clair, "osv": osv}[kind](document))
        counts = {"severity": Counter(severity for severity, _ in findings), "package": Counter(name for _, name in findings)}
    json.dump(counts, sys.stdout)


main()
