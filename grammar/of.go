package grammar

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
)

// Of returns the grammar of the JSON values that json.Unmarshal puts into a T:
// see [SchemaOf].
func Of[T any]() (*Grammar, error) {
	s, err := SchemaOf[T]()
	if err != nil {
		return nil, err
	}
	return JSONSchema(s)
}

// SchemaOf returns the JSON Schema of the values that json.Unmarshal puts into a
// T. Members have the names that json tags give and are required unless the tag
// says omitempty or omitzero; there are no others. Pointers may be null, integers
// stay within their type, [time.Time] is a date-time.
//
// The tag jsonschema adds keywords, separated by commas: title=…, description=…,
// enum=… once for each value, const=…, pattern=…, format=…, minimum=…,
// maximum=…, exclusiveMinimum=…, exclusiveMaximum=…, multipleOf=…, minLength=…,
// maxLength=…, minItems=…, maxItems=…, and required and optional, which win over
// json's tag. A comma within a value is written \,.
func SchemaOf[T any]() (json.RawMessage, error) {
	b := &schemaBuilder{defs: map[string]any{}, names: map[reflect.Type]string{}}
	t := reflect.TypeFor[T]()
	s, err := b.schema(t)
	if err != nil {
		return nil, fmt.Errorf("grammar: %s: %w", t, err)
	}
	if len(b.defs) > 0 {
		s = append(s, member{"$defs", b.defs})
	}
	return json.Marshal(s)
}

// A member is a member of an object; members are written in their order.
type member struct {
	key   string
	value any
}

type members []member

// MarshalJSON writes an object.
func (m members) MarshalJSON() ([]byte, error) {
	b := []byte("{")
	for i, e := range m {
		if i > 0 {
			b = append(b, ',')
		}
		k, err := json.Marshal(e.key)
		if err != nil {
			return nil, err
		}
		v, err := json.Marshal(e.value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, k...), ':'), v...)
	}
	return append(b, '}'), nil
}

// A schemaBuilder makes the schemas of types. Structs with a name are in defs.
type schemaBuilder struct {
	defs  map[string]any
	names map[reflect.Type]string
	depth int
}

var (
	timeType    = reflect.TypeFor[time.Time]()
	rawType     = reflect.TypeFor[json.RawMessage]()
	numberType  = reflect.TypeFor[json.Number]()
	textType    = reflect.TypeFor[encoding.TextUnmarshaler]()
	decoderType = reflect.TypeFor[json.Unmarshaler]()
)

func typed(name string, more ...member) members {
	return append(members{{"type", name}}, more...)
}

func (b *schemaBuilder) schema(t reflect.Type) (members, error) {
	if b.depth++; b.depth > 100 {
		return nil, fmt.Errorf("types too deep")
	}
	defer func() { b.depth-- }()
	switch {
	case t == timeType:
		return typed("string", member{"format", "date-time"}), nil
	case t == rawType:
		return nil, nil
	case t == numberType:
		return typed("number"), nil
	case t.Kind() == reflect.Pointer:
		s, err := b.schema(t.Elem())
		return members{{"anyOf", []members{s, typed("null")}}}, err
	case reflect.PointerTo(t).Implements(decoderType):
		return nil, nil
	case reflect.PointerTo(t).Implements(textType):
		return typed("string"), nil
	}
	return b.byKind(t)
}

// byKind returns the schema of a type that does not decode itself.
func (b *schemaBuilder) byKind(t reflect.Type) (members, error) {
	switch t.Kind() {
	case reflect.Bool:
		return typed("boolean"), nil
	case reflect.String:
		return typed("string"), nil
	case reflect.Float64:
		return typed("number"), nil
	case reflect.Float32:
		return typed("number", member{"minimum", -math.MaxFloat32}, member{"maximum", math.MaxFloat32}), nil
	case reflect.Interface:
		return nil, nil
	case reflect.Struct:
		return b.named(t)
	case reflect.Slice, reflect.Array, reflect.Map:
		return b.container(t)
	}
	if s := integer(t); s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("%s has no JSON form", t)
}

// integer returns the schema of an integer type, nil for any other.
func integer(t reflect.Type) members {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		hi := int64(math.MaxInt64) >> (64 - t.Bits())
		return typed("integer", member{"minimum", -hi - 1}, member{"maximum", hi})
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return typed("integer", member{"minimum", 0}, member{"maximum", uint64(math.MaxUint64) >> (64 - t.Bits())})
	}
	return nil
}

// container returns the schema of a slice, an array or a map.
func (b *schemaBuilder) container(t reflect.Type) (members, error) {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return typed("string", member{"pattern", "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}), nil
	}
	s, err := b.schema(t.Elem())
	if err != nil {
		return nil, err
	}
	switch t.Kind() {
	case reflect.Slice:
		return typed("array", member{"items", s}), nil
	case reflect.Array:
		return typed("array", member{"items", s}, member{"minItems", t.Len()}, member{"maxItems", t.Len()}), nil
	}
	out := typed("object", member{"additionalProperties", s})
	switch key := t.Key(); {
	case key.Kind() == reflect.String || reflect.PointerTo(key).Implements(textType):
	case integer(key) != nil:
		digits := `^-?(?:0|[1-9][0-9]{0,17})$`
		if bits := key.Bits(); bits < 64 {
			digits = fmt.Sprintf(`^(?:0|[1-9][0-9]{0,%d})$`, len(fmt.Sprint(uint64(1)<<(bits-1)))-2)
		}
		out = append(out, member{"propertyNames", members{{"pattern", digits}}})
	default:
		return nil, fmt.Errorf("%s: a key of %s has no JSON form", t, key)
	}
	return out, nil
}

// named returns a reference to the schema of a struct with a name, or the schema
// of one without.
func (b *schemaBuilder) named(t reflect.Type) (members, error) {
	if t.Name() == "" {
		return b.object(t)
	}
	name, ok := b.names[t]
	if !ok {
		name = strings.NewReplacer("/", ".", "~", ".").Replace(t.Name())
		for _, taken := b.defs[name]; taken; _, taken = b.defs[name] {
			name += "_"
		}
		b.names[t], b.defs[name] = name, nil
		s, err := b.object(t)
		if err != nil {
			return nil, err
		}
		b.defs[name] = s
	}
	return members{{"$ref", "#/$defs/" + name}}, nil
}
