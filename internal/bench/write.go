package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Formats are the formats of [Plan.Run] and [Plan.Load].
var Formats = []string{"md", "json", "jsonl", "csv", "go"}

// A writer writes rows in one format.
type writer interface {
	row(r *row) error
	load(r *loadRow) error
	end() error
}

// newWriter returns a writer of the format.
func newWriter(w io.Writer, format string, p Plan) (writer, error) {
	switch format {
	case "md":
		return &markdown{w: w, plan: p}, nil
	case "json":
		return &jsonArray{w: w, build: p.Build}, nil
	case "jsonl":
		return &jsonLines{w: w, build: p.Build}, nil
	case "csv":
		return newTable(w, p.Build), nil
	case "go":
		return &goBench{w: w}, nil
	}
	return nil, fmt.Errorf("bench: format %q: want %s", format, strings.Join(Formats, ", "))
}

// without returns list without def if that is all there is: whether a column
// says anything.
func without[T comparable](list []T, def T) []T {
	if slices.Equal(list, []T{def}) {
		return nil
	}
	return list
}

// sizeText returns a size as llama-bench does.
func sizeText(n int64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%.2f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
}

// paramsText returns a number of weights as llama-bench does.
func paramsText(n int64) string {
	if n < 1e9 {
		return fmt.Sprintf("%.2f M", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f B", float64(n)/1e9)
}

// rateText returns a rate of bytes or operations as people read it.
func rateText(x float64, unit string) string {
	if x >= 1e12 {
		return fmt.Sprintf("%.2f T%s", x/1e12, unit)
	}
	return fmt.Sprintf("%.1f G%s", x/1e9, unit)
}
