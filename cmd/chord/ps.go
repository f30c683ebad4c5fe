package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// kept is from when on a model counts as one that is not unloaded.
const kept = 10 * 365 * 24 * time.Hour

// A loadedModel is a model of a running server.
type loadedModel struct {
	Name    string    `json:"name"`
	Size    int64     `json:"size"`
	SizeMax int64     `json:"size_max,omitempty"` // 0: another server, which does not say
	Context int       `json:"context_length"`
	Expires time.Time `json:"expires_at"`
	Details struct {
		Quant string `json:"quantization_level"`
	} `json:"details"`
}

// psCommand returns chord ps.
func (a *app) psCommand() *cobra.Command {
	var r remoteServer
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ps",
		Short: "List the models that a running server has loaded",
		Long: "List the models that a running chord serve has loaded: the memory that they take now\n" +
			"and when their caches are full, context lengths, and when they are unloaded if nobody\n" +
			"uses them.",
		Example: `  chord ps
  chord ps --host 192.168.1.20 --port 11434 --json`,
		Args: cobra.NoArgs,
	}
	a.runs(cmd, func(cmd *cobra.Command, _ []string) error {
		list, err := r.loaded(cmd.Context())
		if err != nil {
			return err
		}
		if asJSON {
			return a.json(list)
		}
		return a.printLoaded(list, time.Now())
	})
	r.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// loaded returns the models that the server has loaded.
func (r *remoteServer) loaded(ctx context.Context) ([]loadedModel, error) {
	var answer struct {
		Models []loadedModel `json:"models"`
	}
	err := r.call(ctx, "/api/ps", nil, &answer)
	if answer.Models == nil {
		answer.Models = []loadedModel{}
	}
	return answer.Models, err
}

// printLoaded prints the models in a table.
func (a *app) printLoaded(list []loadedModel, now time.Time) error {
	if len(list) == 0 {
		fmt.Fprintln(a.err, "no model is loaded")
		return nil
	}
	t := grid{names: []string{"name", "size", "at most", "type", "context", "unloaded"}, right: []bool{false, true, true, false, true, false}}
	for _, m := range list {
		context, most := "", ""
		if m.SizeMax > 0 {
			most = bytesText(m.SizeMax)
		}
		if m.Context > 0 {
			context = strconv.Itoa(m.Context)
		}
		t.rows = append(t.rows, []string{printable(m.Name), bytesText(m.Size), most, printable(m.Details.Quant), context, untilText(m.Expires.Sub(now))})
	}
	return t.write(a.out, painter(a.colored(a.out)))
}

// untilText says when a model is unloaded.
func untilText(left time.Duration) string {
	switch {
	case left > kept:
		return "never"
	case left <= 0:
		return "now"
	}
	return "in " + shortTime(left)
}

// stopCommand returns chord stop.
func (a *app) stopCommand() *cobra.Command {
	var r remoteServer
	cmd := &cobra.Command{
		Use:   "stop name",
		Short: "Unload a model of a running server",
		Long: "Unload a model of a running chord serve. The server goes on, and loads the model again when\n" +
			"a request asks for it. The model of its -m stays.",
		Example: `  chord stop qwen2.5-0.5b
  chord stop small --port 11434`,
		Args: cobra.ExactArgs(1),
	}
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
		if len(args) == 0 {
			list, _ := r.loaded(cmd.Context())
			for _, m := range list {
				names = append(names, m.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		return r.unload(cmd.Context(), args[0])
	})
	r.flags(cmd)
	return cmd
}

// unload unloads a model of the server.
func (r *remoteServer) unload(ctx context.Context, name string) error {
	body := map[string]any{"model": name, "keep_alive": 0, "stream": false}
	var answer struct {
		Error string `json:"error"`
	}
	if err := r.call(ctx, "/api/generate", body, &answer); err != nil {
		return err
	}
	list, err := r.loaded(ctx)
	for _, m := range list {
		if m.Name == name && time.Until(m.Expires) > kept {
			return fmt.Errorf("%s stays loaded: the server was started with it", printable(name))
		}
	}
	return err
}
