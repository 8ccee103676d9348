#!/usr/bin/env python3
"""Counts a test run from its xUnit report and prints 'N passed, N failed[, N skipped]' last.

usage: count-tests.py REPORT.xml LOG EXIT_STATUS_OF_THE_RUN

Exits 1 if a test failed, if no test ran, if the run itself ended badly, or if tests were skipped
that may not be: ZEROQAT_EXPECTED_SKIPS is the exact number allowed, ZEROQAT_ALLOWED_SKIPS a
comma-separated list of words (names of environment variables) of which each reason must hold one.
"""
import os
import re
import sys
import xml.etree.ElementTree as xml


def read(report, log):
    """Lists of names: passed, failed, and (name, reason) of the skipped."""
    passed, failed, skipped = [], [], []
    # Cancelled while running counts as skipped; the report can't tell it from passed.
    cancelled = dict(re.findall(r'Test (\S+) was cancelled after [^:]*: "(.*)"', log))
    for case in xml.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        reason = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif reason is not None:
            skipped.append((name, (reason.text or "no reason given").strip()))
        elif case.get("name") in cancelled:
            skipped.append((name, cancelled[case.get("name")]))
        else:
            passed.append(name)
    return passed, failed, skipped


def main():
    report, log_path, status = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(log_path, encoding="utf-8", errors="replace") as file:
        log = file.read()
    complaints = []
    try:
        passed, failed, skipped = read(report, log)
    except (OSError, xml.ParseError) as error:
        # No report means that the run crashed or never began: that is one failure, not none.
        print("\n".join(log.splitlines()[-40:]))
        print(f"error: the test run left no report ({error}); exit status {status}, log: {log_path}")
        print("0 passed, 1 failed")
        return 1

    # What a test says about its issue stands below it, each line behind an arrow.
    isOfIssue = False
    for line in log.splitlines():
        isOfIssue = isOfIssue and line.startswith("↳")
        if isOfIssue or "recorded an issue" in line or re.search(r"\berror:", line):
            print(line)
            isOfIssue = True
    for name in failed:
        print(f"failed: {name}")
    for name, reason in sorted(skipped, key=lambda pair: (pair[1], pair[0])):
        print(f"{name}: {reason}")

    if not passed and not failed:
        complaints.append("no test ran")
    if status != 0 and not failed:
        complaints.append(f"no test failed, but the run ended with exit status {status}")
    expected = os.environ.get("ZEROQAT_EXPECTED_SKIPS", "")
    if expected and len(skipped) != int(expected):
        complaints.append(f"{len(skipped)} tests were skipped, expected {expected}")
    if "ZEROQAT_ALLOWED_SKIPS" in os.environ:
        words = [w for w in os.environ["ZEROQAT_ALLOWED_SKIPS"].split(",") if w]
        for name, reason in skipped:
            if not any(word in reason for word in words):
                complaints.append(f"{name} may not be skipped ({reason})")
    for complaint in complaints:
        print(f"error: {complaint}")

    # A complaint counts as a failure: the closing line must not look better than the exit code.
    failures = len(failed) + (1 if complaints else 0)
    tail = f", {len(skipped)} skipped" if skipped else ""
    print(f"{len(passed)} passed, {failures} failed{tail}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
