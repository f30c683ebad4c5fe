package modelbench

import (
	"fmt"
	"strings"

	"github.com/querent-ai/chord/internal/bench"
)

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

// rateText returns a rate of bytes or operations in giga or tera.
func rateText(x float64, unit string) string {
	if x >= 1e12 {
		return fmt.Sprintf("%.2f T%s", x/1e12, unit)
	}
	return fmt.Sprintf("%.1f G%s", x/1e9, unit)
}

// tokensText returns median and spread of tokens a second.
func tokensText(ts []float64) string {
	m, digits := bench.Median(ts), 2
	if m >= 10000 {
		digits = 0
	}
	return fmt.Sprintf("%.*f ± %.*f", digits, m, digits, bench.StdDev(ts))
}

// milliseconds returns median and spread of nanoseconds.
func milliseconds(ns []float64) string {
	return fmt.Sprintf("%.1f ± %.1f", bench.Median(ns)/1e6, bench.StdDev(ns)/1e6)
}

// joinFloats formats numbers and joins them with sep.
func joinFloats(xs []float64, format, sep string) string {
	var s []string
	for _, x := range xs {
		s = append(s, fmt.Sprintf(format, x))
	}
	return strings.Join(s, sep)
}
