package main

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/querent-ai/chord/gguf"
)

// A fileReport is the output of chord inspect, as text or as JSON.
type fileReport struct {
	File      string                 `json:"file"`
	Version   uint32                 `json:"version"`
	Size      int64                  `json:"size"` // bytes, all parts
	Alignment uint64                 `json:"alignment"`
	Elems     int64                  `json:"elements"`
	Parts     []partReport           `json:"parts,omitempty"` // of a split file
	Metadata  map[string]valueReport `json:"metadata"`
	Tensors   []tensorReport         `json:"tensors"`
	Totals    []totalReport          `json:"totals"` // the largest first

	keys []string // of Metadata, in the file's order
}

// A partReport is one file of a split one.
type partReport struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// A valueReport is one value of the metadata.
type valueReport struct {
	Type      string `json:"type"`
	Elem      string `json:"element_type,omitempty"` // of an ARRAY
	Length    int    `json:"length,omitempty"`       // of an ARRAY
	Shortened bool   `json:"shortened,omitempty"`    // Value is its beginning
	Value     any    `json:"value"`

	text string
}

// A tensorReport is one tensor; Shape is GGUF's order, fastest first.
type tensorReport struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Shape  []uint64 `json:"shape"`
	Part   int      `json:"part,omitempty"`
	Offset int64    `json:"offset"`
	Size   int64    `json:"size"`
}

// A totalReport sums up the tensors of one type.
type totalReport struct {
	Type    string `json:"type"`
	Tensors int    `json:"tensors"`
	Elems   int64  `json:"elements"`
	Size    int64  `json:"size"`
}

// Longer values are shortened, unless the user asks for all.
const (
	maxElems = 6
	maxRunes = 48
)

// reportOn returns the report on f.
func reportOn(name string, f *gguf.File, all bool) *fileReport {
	r := &fileReport{File: name, Version: f.Version, Alignment: f.Alignment,
		Metadata: map[string]valueReport{}, Tensors: []tensorReport{}, Totals: []totalReport{}}
	for _, p := range f.Parts {
		r.Size += p.Size
		if len(f.Parts) > 1 {
			r.Parts = append(r.Parts, partReport{p.Name, p.Size})
		}
	}
	for _, kv := range f.KV {
		r.keys = append(r.keys, kv.Key)
		r.Metadata[kv.Key] = reportValue(kv.Value, all)
	}
	totals := map[string]*totalReport{}
	for i := range f.Tensors {
		t := &f.Tensors[i]
		name := t.Type.String()
		r.Tensors = append(r.Tensors, tensorReport{t.Name, name, slices.Clone(t.Shape), t.Part, t.Offset, t.Size})
		if totals[name] == nil {
			totals[name] = &totalReport{Type: name}
		}
		totals[name].Tensors++
		totals[name].Elems += t.Elems()
		totals[name].Size += t.Size
		r.Elems += t.Elems()
	}
	for _, t := range totals {
		r.Totals = append(r.Totals, *t)
	}
	slices.SortFunc(r.Totals, func(a, b totalReport) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), strings.Compare(a.Type, b.Type))
	})
	return r
}

// reportValue returns the report on one value.
func reportValue(value any, all bool) valueReport {
	typ, _ := gguf.TypeOf(value)
	v := valueReport{Type: typ.String()}
	elem, n, isArray := gguf.ArrayOf(value)
	if !isArray {
		v.Value, v.text, v.Shortened = scalar(value, all)
		return v
	}
	v.Elem, v.Length = elem.String(), n
	list, texts := []any{}, []string{}
	slice := reflect.ValueOf(value)
	for i := range n {
		if i == maxElems && !all {
			v.Shortened = true
			texts = append(texts, "…")
			break
		}
		var item valueReport
		item.Value, item.text, item.Shortened = scalar(slice.Index(i).Interface(), all)
		if elem == gguf.ARRAY {
			item = reportValue(slice.Index(i).Interface(), all)
		}
		v.Shortened = v.Shortened || item.Shortened
		list, texts = append(list, item.Value), append(texts, item.text)
	}
	v.Value, v.text = list, "["+strings.Join(texts, ", ")+"]"
	return v
}

// scalar returns a value for JSON, which has no NaN, and as text.
func scalar(value any, all bool) (v any, text string, shortened bool) {
	switch x := value.(type) {
	case string:
		short := x
		if !all {
			short = firstRunes(x, maxRunes)
		}
		text = strconv.Quote(short)
		if shortened = len(short) < len(x); shortened {
			text += fmt.Sprintf("… (%d bytes)", len(x))
		}
		return short, text, shortened
	case float32:
		return finite(float64(x), x), strconv.FormatFloat(float64(x), 'g', -1, 32), false
	case float64:
		return finite(x, x), strconv.FormatFloat(x, 'g', -1, 64), false
	}
	return value, fmt.Sprint(value), false
}

// finite returns v, or the name of x if it is not finite.
func finite(x float64, v any) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Sprint(x)
	}
	return v
}

// firstRunes returns the first n characters of s; an invalid byte counts as one.
func firstRunes(s string, n int) string {
	i := 0
	for ; n > 0 && i < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return s[:i]
}

// printable returns s, quoted if it has control characters.
func printable(s string) string {
	if q := strconv.Quote(s); q != `"`+s+`"` {
		return q
	}
	return s
}
