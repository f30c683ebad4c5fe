package quant

// indexIQ4NL has, at 2v+256 rounded down, the index of the element of
// [ValuesIQ4NL] nearest to v: borders between two are multiples of 1/2.
var indexIQ4NL = func() (table [512]byte) {
	q := 0
	for i := range table {
		for q < 15 && i-256 >= int(ValuesIQ4NL[q])+int(ValuesIQ4NL[q+1]) {
			q++
		}
		table[i] = byte(q)
	}
	return table
}()

// floatsIQ4NL are [ValuesIQ4NL].
var floatsIQ4NL = func() (values [16]float64) {
	for i, v := range ValuesIQ4NL {
		values[i] = float64(v)
	}
	return values
}()

// nearestIQ4NL returns the index of the value nearest to v, 0 for a NaN.
func nearestIQ4NL(v float64) byte {
	if !(v > -127) {
		return 0
	} else if v > 113 {
		return 15
	}
	return indexIQ4NL[int(2*v+256)&511]
}

// nonlinearTrial is [levels.trial] of the levels ValuesIQ4NL.
func nonlinearTrial(x, w []float64, id float64) scaleSums {
	var xl, ll float64
	w = w[:len(x)]
	for i, v := range x {
		l := floatsIQ4NL[nearestIQ4NL(float64(v*id))&15]
		wl := w[i] * l
		xl += float64(wl * v)
		ll += float64(wl * l)
	}
	return scaleSums{xl, ll}
}
