package modelbench

import "testing"

// Numbers have no exponent: nanoseconds of a slow run are long.
func TestCell(t *testing.T) {
	for want, v := range map[string]any{
		"":                  nil,
		"10742965":          1.0742965e7,
		"10742965 30000000": []float64{1.0742965e7, 3e7},
		"0.25":              0.25,
		"pp512":             "pp512",
	} {
		if got := cell(v); got != want {
			t.Errorf("cell(%v): got %q, want %q", v, got, want)
		}
	}
}
