package core

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/querent-ai/chord"
)

// Default gives a run what its request does not say and the model's configuration does:
// the system prompt, and parameters that are zero. Given twice it changes nothing more.
func (l *Lease) Default(r *Run) {
	if s := l.Entry.System; s != "" && r.Messages != nil && !slices.ContainsFunc(r.Messages, isSystem) {
		r.Messages = append([]chord.Message{{Role: "system", Content: s}}, r.Messages...)
	}
	d := &l.Entry.Defaults
	vars := maps.Clone(d.Vars)
	if vars != nil {
		maps.Copy(vars, r.Params.Vars)
		r.Params.Vars = vars
	}
	tools, constrained := len(r.Params.Tools) > 0, r.Params.Grammar != nil
	fill(reflect.ValueOf(&r.Params).Elem(), reflect.ValueOf(d).Elem())
	if tools && !constrained {
		r.Params.Grammar = nil // calls of the tools are what the request asks for
	}
}

// isSystem reports whether a message is a system prompt.
func isSystem(m chord.Message) bool { return m.Role == "system" }

// fill sets the zero fields of a struct to those of another.
func fill(to, from reflect.Value) {
	for i := range to.NumField() {
		switch t := to.Field(i); {
		case to.Type().Field(i).Anonymous:
			fill(t, from.Field(i))
		case t.CanSet() && t.IsZero():
			t.Set(from.Field(i))
		}
	}
}

// defaultsHash returns a hash of what Default gives, "" if that is nothing.
func (m *Model) defaultsHash() (string, error) {
	if m.System == "" && len(m.AdapterFiles) == 0 && reflect.ValueOf(m.Defaults).IsZero() {
		return "", nil
	}
	b, err := json.Marshal(m.Defaults)
	h := sha256.New()
	fmt.Fprintf(h, "%q %s", m.System, b)
	if g := m.Defaults.Grammar; g != nil {
		fmt.Fprintf(h, " %q", g.Source())
	}
	for _, f := range m.AdapterFiles {
		fmt.Fprintf(h, " %q %g", filepath.Base(f.Path), f.Scale)
	}
	return fmt.Sprintf("%x\n", h.Sum(nil)), err
}
