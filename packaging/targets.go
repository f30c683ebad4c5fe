package main

import (
	"fmt"
	"strings"
)

// A target is a system that a release has a binary for.
type target struct{ os, arch string }

// targets are those of a release.
var targets = []target{
	{"linux", "amd64"}, {"linux", "arm64"}, {"linux", "riscv64"},
	{"darwin", "amd64"}, {"darwin", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

// choose returns the targets of a list with commas, all for an empty one.
func choose(list string) ([]target, error) {
	if list == "" {
		return targets, nil
	}
	var chosen []target
	for name := range strings.SplitSeq(list, ",") {
		found := false
		for _, t := range targets {
			if t.os+"/"+t.arch == name {
				chosen, found = append(chosen, t), true
			}
		}
		if !found {
			return nil, fmt.Errorf("target %q: a release has none", name)
		}
	}
	return chosen, nil
}

// program returns the name of the binary.
func (t target) program() string {
	if t.os == "windows" {
		return "chord.exe"
	}
	return "chord"
}

// name returns the folder in the archive of a version.
func (t target) name(version string) string { return "chord-" + version + "-" + t.os + "-" + t.arch }

// archive returns the name of that archive.
func (t target) archive(version string) string {
	if t.os == "windows" {
		return t.name(version) + ".zip"
	}
	return t.name(version) + ".tar.gz"
}
