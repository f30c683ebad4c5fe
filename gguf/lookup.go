package gguf

import (
	"fmt"
	"math"
)

// Get returns the value of key as it is in the file.
func (f *File) Get(key string) (any, bool) {
	i, ok := f.keys[key]
	if !ok {
		return nil, false
	}
	return f.KV[i].Value, true
}

// Str returns the STRING of key. It errs if the value is of another type.
func (f *File) Str(key string) (string, bool, error) {
	return lookup[string](f, key, "STRING")
}

// Bool returns the BOOL of key. It errs if the value is of another type.
func (f *File) Bool(key string) (v, ok bool, err error) {
	return lookup[bool](f, key, "BOOL")
}

// Bools returns the ARRAY of BOOL of key, which must not be written to.
// It errs if the value is of another type.
func (f *File) Bools(key string) ([]bool, bool, error) {
	return lookup[[]bool](f, key, "ARRAY of BOOL")
}

// Strs returns the ARRAY of STRING of key, which must not be written to.
// It errs if the value is of another type.
func (f *File) Strs(key string) ([]string, bool, error) {
	return lookup[[]string](f, key, "ARRAY of STRING")
}

// Floats returns the ARRAY of FLOAT32 of key, which must not be written to.
// It errs if the value is of another type.
func (f *File) Floats(key string) ([]float32, bool, error) {
	return lookup[[]float32](f, key, "ARRAY of FLOAT32")
}

// lookup returns the value of key if it is a T; errors call the type want.
func lookup[T any](f *File, key, want string) (v T, ok bool, err error) {
	value, ok := f.Get(key)
	if !ok {
		return v, false, nil
	}
	if v, ok = value.(T); !ok {
		return v, false, f.keyError(key, "%s, want %s", typeName(value), want)
	}
	return v, true, nil
}

// Float returns the FLOAT32 or FLOAT64 of key, NaN and infinities included.
// It errs if the value is of another type.
func (f *File) Float(key string) (float64, bool, error) {
	value, ok := f.Get(key)
	switch v := value.(type) {
	case float32:
		return float64(v), true, nil
	case float64:
		return v, true, nil
	}
	if ok {
		return 0, false, f.keyError(key, "%s, want a float", typeName(value))
	}
	return 0, false, nil
}

// Int returns the integer of key, of any integer type. It errs if the value is
// not an integer or not within int64.
func (f *File) Int(key string) (int64, bool, error) {
	value, ok := f.Get(key)
	switch v := value.(type) {
	case uint8:
		return int64(v), true, nil
	case int8:
		return int64(v), true, nil
	case uint16:
		return int64(v), true, nil
	case int16:
		return int64(v), true, nil
	case uint32:
		return int64(v), true, nil
	case int32:
		return int64(v), true, nil
	case int64:
		return v, true, nil
	case uint64:
		if v > math.MaxInt64 {
			return 0, false, f.keyError(key, "%d is too large", v)
		}
		return int64(v), true, nil
	}
	if ok {
		return 0, false, f.keyError(key, "%s, want an integer", typeName(value))
	}
	return 0, false, nil
}

// Ints returns the array of key, of any integer type, which must not be written
// to. It errs if the value is not such an array or an element is not within int32.
func (f *File) Ints(key string) ([]int32, bool, error) {
	value, ok := f.Get(key)
	if !ok {
		return nil, false, nil
	}
	var ints []int32
	bad := -1
	switch v := value.(type) {
	case []int32:
		return v, true, nil
	case []uint8:
		ints, bad = narrow(v)
	case []int8:
		ints, bad = narrow(v)
	case []uint16:
		ints, bad = narrow(v)
	case []int16:
		ints, bad = narrow(v)
	case []uint32:
		ints, bad = narrow(v)
	case []uint64:
		ints, bad = narrow(v)
	case []int64:
		ints, bad = narrow(v)
	default:
		return nil, false, f.keyError(key, "%s, want an array of integers", typeName(value))
	}
	if bad >= 0 {
		return nil, false, f.keyError(key, "element %d does not fit in 32 bits", bad)
	}
	return ints, true, nil
}

// narrow returns v in 32 bits, or the index of an element that does not fit.
func narrow[T uint8 | int8 | uint16 | int16 | uint32 | uint64 | int64](v []T) (ints []int32, bad int) {
	ints = make([]int32, len(v))
	for i, x := range v {
		ints[i] = int32(x)
		if T(ints[i]) != x || (ints[i] < 0) != (x < 0) {
			return nil, i
		}
	}
	return ints, -1
}

// keyError is an error about the value of key, which f has.
func (f *File) keyError(key, format string, args ...any) error {
	at := int64(-1)
	if i, ok := f.keys[key]; ok {
		at = f.at[i]
	}
	return f.formatError(subject("key", key), at, format, args...)
}

// formatError is an error about the first part of f.
func (f *File) formatError(subject string, at int64, format string, args ...any) error {
	return &formatError{file: f.sources[0].name, subject: subject, what: fmt.Sprintf(format, args...), at: at}
}
