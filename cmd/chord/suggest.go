package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// farthest is the largest number of edits after which a name is still suggested.
const farthest = 2

// suggestFlag adds the nearest flag of cmd to an error about an unknown one.
func suggestFlag(cmd *cobra.Command, err error) error {
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: ")
	if !ok {
		return valueError(err)
	}
	if near := nearestFlag(cmd, strings.TrimLeft(name, "-")); near != "" {
		return fmt.Errorf("%w, did you mean --%s?", err, near)
	}
	return err
}

// nearestFlag returns the flag of cmd whose name is nearest to name, "" if none is
// near.
func nearestFlag(cmd *cobra.Command, name string) string {
	best, edits := "", farthest+1
	for _, set := range []*pflag.FlagSet{cmd.Flags(), cmd.InheritedFlags()} {
		for _, f := range visible(set) {
			n := distance(name, f.Name)
			if strings.HasPrefix(f.Name, name) && len(name) > 2 {
				n = min(n, farthest)
			}
			if n < edits && n < len(name) {
				best, edits = f.Name, n
			}
		}
	}
	return best
}

// distance returns how many bytes must be inserted, removed, replaced or swapped with
// the next to make b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			n := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, rows[i-2][j-2]+1)
			}
			rows[i][j] = n
		}
	}
	return rows[len(a)][len(b)]
}
