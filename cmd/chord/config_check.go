package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// notConfigured are flags that say what one call does, so no configuration has them.
var notConfigured = map[string]bool{"help": true, "config": true, "prompt": true, "file": true, "escape": true, "receipt": true}

// check returns an error about a key that is no flag, or has a value of another type.
func (c *config) check(root *cobra.Command) error {
	for _, name := range slices.Sorted(maps.Keys(c.Models)) {
		if err := c.checkTable(root, "models."+name, c.Models[name], "run", "chat", "serve"); err != nil {
			return err
		}
	}
	return c.checkTable(root, "server", c.Server, "serve")
}

// checkTable wants the keys of a table to be flags of the commands.
func (c *config) checkTable(root *cobra.Command, where string, table map[string]any, commands ...string) error {
	for _, key := range slices.Sorted(maps.Keys(table)) {
		var f *pflag.Flag
		for _, name := range commands {
			if cmd, _, err := root.Find([]string{name}); err == nil && f == nil {
				f = cmd.Flags().Lookup(key)
			}
		}
		switch {
		case f == nil || notConfigured[key]:
			return c.errorf(where+"."+key, "unknown key: it is no flag of chord %s that can be configured", commands[0])
		case f.Name != key:
			return c.errorf(where+"."+key, "the key is %s", f.Name)
		}
		if want := mismatch(f, table[key]); want != "" {
			return c.errorf(where+"."+key, "want %s", want)
		}
	}
	return nil
}

// mismatch says what a flag wants instead of a value, "" if it takes values of its
// type.
func mismatch(f *pflag.Flag, value any) string {
	list, many := value.([]any)
	if !many {
		list = []any{value}
	}
	_, slice := f.Value.(pflag.SliceValue)
	if _, keys := f.Value.(*keyValues); many && !slice && !keys {
		return "one value, not a list"
	}
	for _, v := range list {
		ok, want := false, "a text"
		switch f.Value.Type() {
		case "bool":
			want = "true or false"
			_, ok = v.(bool)
		case "int", "int64", "uint":
			want = "a whole number"
			_, ok = v.(int64)
		case "float32", "float64":
			want = "a number"
			_, ok = v.(float64)
			if _, whole := v.(int64); whole {
				ok = true
			}
		default:
			_, ok = v.(string)
		}
		if !ok {
			return want
		}
	}
	return ""
}

// texts returns the values of a key as a command line has them.
func texts(value any) []string {
	switch v := value.(type) {
	case []any:
		var list []string
		for _, e := range v {
			list = append(list, texts(e)...)
		}
		return list
	case float64:
		return []string{strconv.FormatFloat(v, 'g', -1, 64)}
	}
	return []string{fmt.Sprint(value)}
}
