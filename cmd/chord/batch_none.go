//go:build nobatch

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// batchCommand returns a chord batch that says that it is not there.
func (a *app) batchCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "batch", Hidden: true, DisableFlagParsing: true}
	return a.runs(cmd, func(*cobra.Command, []string) error {
		return errors.New("this binary was built without chord batch (build tag nobatch)")
	})
}
