package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord"
)

// verifyCommand returns chord verify.
func (a *app) verifyCommand() *cobra.Command {
	var m modelFlags
	var l adapterFlags
	cmd := &cobra.Command{
		Use:   "verify receipt.json",
		Short: "Check that a model generated a text, from the receipt of chord run",
		Long: "Check that a model generated a text: prompt and text of the receipt are computed again,\n" +
			"several times as fast as they were generated, and every token and every bit of the\n" +
			"logits must be the same, whatever machine they come from. The receipt is what\n" +
			"chord run --receipt wrote; - is stdin.\n\n" +
			"Exit codes: 0 genuine, 1 not, or it cannot be told.",
		Example: `  chord run -m model.gguf --receipt receipt.json "Once upon a time"
  chord verify -m model.gguf receipt.json`,
		Args: cobra.ExactArgs(1),
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error { return a.verify(cmd.Context(), &m, &l, args[0]) })
	cmd.Flags().SortFlags = false
	m.flags(cmd)
	l.flags(cmd.Flags())
	return cmd
}

// verify checks the receipt in the file called name.
func (a *app) verify(ctx context.Context, f *modelFlags, l *adapterFlags, name string) error {
	if err := f.check(); err != nil {
		return err
	}
	b, err := a.readFile(name)
	if err != nil {
		return err
	}
	var r chord.Receipt
	if err := json.Unmarshal(b, &r); err != nil {
		return fmt.Errorf("%s: no receipt: %w", printable(name), err)
	}
	m, err := a.open(f)
	if err != nil {
		return err
	}
	defer m.Close()
	if r.Params.Adapters, err = l.load(m); err != nil {
		return err
	}
	defer l.close()
	if err := m.Verify(ctx, &r); err != nil {
		return fmt.Errorf("%s: %w", printable(name), err)
	}
	fmt.Fprintf(a.out, "genuine: %d tokens after a prompt of %d\n", len(r.IDs)-r.Prompt, r.Prompt)
	return nil
}
