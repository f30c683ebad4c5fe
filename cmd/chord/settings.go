package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/querent-ai/chord/sample"
)

// A setting is what /set can change beside flags.
type setting struct {
	name, usage string
	value       *bool
}

// settings returns them.
func (c *conversation) settings() []setting {
	return []setting{{"verbose", "print the speed of each answer", &c.verbose}, {"trim", "drop the oldest turns when the context is full", &c.trim}}
}

// settable returns the flags that /set can change: those of sampling, and about an
// answer.
func (c *conversation) settable() []*pflag.Flag {
	names := []string{"n-predict", "no-thinking", "reasoning-budget", "reasoning-format"}
	for _, f := range sample.Fields() {
		if f.Flag != "" {
			names = append(names, f.Flag)
		}
	}
	var list []*pflag.Flag
	for _, name := range names {
		list = append(list, c.flags.Lookup(name))
	}
	return list
}

// set sets what is named, or lists what can be.
func (c *conversation) set(rest string) error {
	name, value, _ := strings.Cut(rest, " ")
	value = strings.TrimSpace(value)
	if name == "" {
		for _, s := range c.settings() {
			c.say("%-20s %v", s.name, onOff(*s.value))
		}
		for _, f := range c.settable() {
			c.say("%-20s %s", f.Name, f.Value)
		}
		return nil
	}
	for _, s := range c.settings() {
		if s.name == name {
			on, err := parseOnOff(value)
			if err != nil {
				return usagef("/set %s: %v", name, err)
			}
			*s.value = on
			return nil
		}
	}
	i := slices.IndexFunc(c.settable(), func(f *pflag.Flag) bool { return f.Name == strings.ReplaceAll(name, "_", "-") })
	if i < 0 {
		return usagef("/set %s: there is no such setting, /set lists them", name)
	}
	return c.setFlag(c.settable()[i], value)
}

// setFlag gives a flag a value, if it is a right one.
func (c *conversation) setFlag(f *pflag.Flag, value string) error {
	old := f.Value.String()
	if value == "" && f.NoOptDefVal != "" {
		value = f.NoOptDefVal
	}
	err := f.Value.Set(value)
	if err == nil {
		err = firstError(c.checkAnswer(), func() error { _, err := c.params(); return err }())
	}
	if err != nil {
		_ = f.Value.Set(old) // it had this value
		if number, ok := errors.AsType[*strconv.NumError](err); ok {
			err = errors.New(wantedNumber(f.Value.Type(), number))
		}
		return usagef("/set %s %s: %v", f.Name, value, err)
	}
	return nil
}

// onOff returns on or off.
func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// parseOnOff reads on or off; "" is on.
func parseOnOff(s string) (bool, error) {
	switch s {
	case "", "on", "true":
		return true, nil
	case "off", "false":
		return false, nil
	}
	return false, fmt.Errorf("%q, want on or off", s)
}
