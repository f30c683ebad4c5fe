package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// A grid is a table for people: names and rows, columns two spaces apart.
type grid struct {
	names []string
	right []bool // columns that are aligned to the right
	rows  [][]string
}

// write writes the table, its names in capitals and bold.
func (t *grid) write(w io.Writer, paint painter) error {
	widths := make([]int, len(t.names))
	for i, name := range t.names {
		widths[i] = width(name)
		for _, row := range t.rows {
			widths[i] = max(widths[i], width(row[i]))
		}
	}
	var b strings.Builder
	line := func(cells []string, color string) {
		var s strings.Builder
		for i, cell := range cells {
			pad := strings.Repeat(" ", widths[i]-width(cell))
			if t.right[i] {
				s.WriteString(pad + cell + "  ")
			} else {
				s.WriteString(cell + pad + "  ")
			}
		}
		text := strings.TrimRight(s.String(), " ")
		if color != "" {
			text = paint.paint(color, text)
		}
		b.WriteString(text + "\n")
	}
	names := make([]string, len(t.names))
	for i, name := range t.names {
		names[i] = strings.ToUpper(name)
	}
	line(names, bold)
	for _, row := range t.rows {
		line(row, "")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shortTime returns a time in at most two units, as in 4m10s, 2h5m or 3d.
func shortTime(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.0fd", d.Hours()/24)
	case d >= time.Hour:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return d.String()
}
