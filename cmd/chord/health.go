package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// healthCommand returns chord health.
func (a *app) healthCommand() *cobra.Command {
	var r remoteServer
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Say whether a running server takes requests",
		Long: "Say whether a running chord serve takes requests: exit code 0 if it does, 1 if it does not,\n" +
			"or if there is none. Containers without a shell check themselves with it.",
		Example: `  chord health
  chord health --port 11434`,
		Args: cobra.NoArgs,
	}
	a.runs(cmd, func(cmd *cobra.Command, _ []string) error {
		var answer struct {
			Status string `json:"status"`
		}
		if err := r.call(cmd.Context(), "/health", nil, &answer); err != nil {
			return err
		}
		if answer.Status != "ok" {
			return fmt.Errorf("the server says %q", printable(answer.Status))
		}
		_, err := fmt.Fprintln(a.out, answer.Status)
		return err
	})
	r.flags(cmd)
	return cmd
}
