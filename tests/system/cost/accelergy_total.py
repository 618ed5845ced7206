#!/usr/bin/env python3
"""Energy of a run from Accelergy's files alone: action counts x energy reference table, in pJ.

usage: accelergy_total.py ERT.yaml ACTION_COUNTS.yaml

Knows nothing of Octet: a table of the ERT and a list of counts belong together if the text between the last '.' and
the '[' of their names is the same; an action if name and arguments are."""
import math
import re
import sys

import yaml


def component(name):
    return re.sub(r"\[[^\]]*\]$", "", name).split(".")[-1]


def key(action):
    return action["name"], tuple(sorted(action.get("arguments", {}).items()))


def main(ert_path, counts_path):
    with open(ert_path) as file:
        ert = yaml.safe_load(file)["ERT"]
    with open(counts_path) as file:
        counts = yaml.safe_load(file)["action_counts"]
    if str(ert["version"]) not in ("0.3", "0.4"):
        sys.exit("the ERT's version is " + str(ert["version"]))
    energies = {}
    for table in ert["tables"]:
        actions = energies.setdefault(component(table["name"]), {})
        for action in table["actions"]:
            if key(action) in actions:
                sys.exit("twice in the ERT: %s %s" % (table["name"], key(action)))
            actions[key(action)] = float(action["energy"])
    terms = []
    for design in counts["subtree"]:
        for unit in design["local"]:
            for action in unit["action_counts"]:
                terms.append(float(action["counts"]) * energies[component(unit["name"])][key(action)])
    print(repr(math.fsum(terms)))


if __name__ == "__main__":
    main(*sys.argv[1:])
