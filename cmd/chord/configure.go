package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// configure sets the flags of cmd that neither the command line nor a variable has set
// from the configuration.
func (a *app) configure(cmd *cobra.Command) error {
	model := cmd.Flags().Lookup("model")
	if model == nil || model.Value.Type() != "string" || cmd.Name() == "bench" {
		return nil
	}
	c := &config{}
	if file, explicit := a.configFile(); file != "" {
		read, err := readConfig(file)
		if err != nil && (explicit || !errors.Is(err, os.ErrNotExist)) {
			return err
		}
		if err == nil {
			c = read
		}
	}
	a.aliases = c.Models
	if err := c.check(cmd.Root()); err != nil {
		return err
	}
	if cmd.Name() == "serve" {
		if err := c.apply(cmd, "server", c.Server); err != nil {
			return err
		}
	}
	a.chooseModel(cmd, model, c)
	if a.alias != "" {
		_ = model.Value.Set("") // a string takes all values
		model.Changed = false
		if err := c.apply(cmd, "models."+a.alias, c.Models[a.alias]); err != nil {
			return err
		}
	}
	if f := cmd.Flags().Lookup("modelfile"); f != nil && f.Value.String() != "" {
		return applyModelfile(cmd, f.Value.String())
	}
	return nil
}

// chooseModel sets model and a.alias to what is used without -m, and a.alias if -m
// names a model of the configuration.
func (a *app) chooseModel(cmd *cobra.Command, model *pflag.Flag, c *config) {
	name := model.Value.String()
	given := model.Changed || fromEnvironment(cmd, model)
	for _, other := range []string{"hf-repo", "model-url", "modelfile"} {
		f := cmd.Flags().Lookup(other)
		given = given || f != nil && (f.Changed || fromEnvironment(cmd, f))
	}
	generates := cmd.Name() == "run" || cmd.Name() == "chat"
	if !given && (generates || cmd.Name() == "serve") {
		name = c.Default
		if name == "" && generates {
			if name = a.lastModel(); name != "" {
				note := fmt.Sprintf("%s, the model used last (-m names another, -m %s the one in the binary)", name, embeddedName)
				fmt.Fprintln(a.err, painter(a.colored(a.err)).paint(dim, note))
			}
		}
	}
	if c.Models[name] != nil {
		a.alias = name
		return
	}
	if _, err := os.Stat(name); name == embeddedName && err != nil {
		name = ""
	}
	_ = model.Value.Set(name) // a string takes all values
}

// fileKeys are the flags whose values are files, found from the folder of the
// configuration.
var fileKeys = map[string]bool{"model": true, "model-draft": true, "modelfile": true, "system-prompt-file": true,
	"grammar-file": true, "json-schema-file": true, "lora": true, "lora-scaled": true, "api-key-file": true}

// apply sets the flags of cmd that a table has and nobody has set.
func (c *config) apply(cmd *cobra.Command, where string, table map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(table)) {
		f := cmd.Flags().Lookup(key)
		if f == nil || f.Changed || fromEnvironment(cmd, f) {
			continue
		}
		for _, value := range texts(table[key]) {
			if err := f.Value.Set(value); err != nil {
				return c.errorf(where+"."+key, "%v", err)
			}
		}
	}
	return nil
}
