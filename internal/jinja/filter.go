package jinja

import "strings"

// A filter turns a value into another.
type filter struct {
	params []string                              // of f
	f      func(r *renderer, v any, b []any) any // b has the arguments, absent where there are none
	raw    func(r *renderer, v any, a args) any  // instead of f: takes any arguments
}

// call applies the filter.
func (f *filter) call(r *renderer, v any, a args) any {
	if f.raw != nil {
		return f.raw(r, v, a)
	}
	if a.pos == nil && a.names == nil && len(f.params) <= len(noArguments) {
		return f.f(r, v, noArguments[:len(f.params)])
	}
	return f.f(r, v, a.bind(r, "the filter", f.params...))
}

// noArguments are those of a filter without arguments.
var noArguments = [4]any{absent, absent, absent, absent}

// filters are those of jinja2 that prompts need; tojson is that of Hugging Face.
var filters = map[string]*filter{
	"abs":         {f: filterAbs},
	"attr":        {params: []string{"name"}, f: filterAttr},
	"batch":       {params: []string{"linecount", "fill_with"}, f: filterBatch},
	"capitalize":  {f: stringFilter(capitalize)},
	"center":      {params: []string{"width"}, f: filterCenter},
	"count":       {f: filterLength},
	"d":           {params: []string{"default_value", "boolean"}, f: filterDefault},
	"default":     {params: []string{"default_value", "boolean"}, f: filterDefault},
	"dictsort":    {params: []string{"case_sensitive", "by", "reverse"}, f: filterDictsort},
	"e":           {f: filterEscape},
	"escape":      {f: filterEscape},
	"first":       {f: filterFirst},
	"float":       {params: []string{"default"}, f: filterFloat},
	"forceescape": {f: filterForceEscape},
	"format":      {raw: filterFormat},
	"groupby":     {params: []string{"attribute", "default", "case_sensitive"}, f: filterGroupby},
	"indent":      {params: []string{"width", "first", "blank"}, f: filterIndent},
	"int":         {params: []string{"default", "base"}, f: filterInt},
	"items":       {f: filterItems},
	"join":        {params: []string{"d", "attribute"}, f: filterJoin},
	"last":        {f: filterLast},
	"length":      {f: filterLength},
	"list":        {f: filterList},
	"lower":       {f: stringFilter(strings.ToLower)},
	"map":         {raw: filterMap},
	"max":         {params: []string{"case_sensitive", "attribute"}, f: extreme(">")},
	"min":         {params: []string{"case_sensitive", "attribute"}, f: extreme("<")},
	"reject":      {raw: selector(selectItems{negate: true})},
	"rejectattr":  {raw: selector(selectItems{negate: true, attr: true})},
	"replace":     {params: []string{"old", "new", "count"}, f: filterReplace},
	"reverse":     {f: filterReverse},
	"round":       {params: []string{"precision", "method"}, f: filterRound},
	"safe":        {f: filterSafe},
	"select":      {raw: selector(selectItems{})},
	"selectattr":  {raw: selector(selectItems{attr: true})},
	"slice":       {params: []string{"slices", "fill_with"}, f: filterSlice},
	"sort":        {params: []string{"reverse", "case_sensitive", "attribute"}, f: filterSort},
	"string":      {f: filterString},
	"sum":         {params: []string{"attribute", "start"}, f: filterSum},
	"title":       {f: stringFilter(filterTitle)},
	"tojson":      {params: []string{"ensure_ascii", "indent", "separators", "sort_keys"}, f: filterToJSON},
	"trim":        {params: []string{"chars"}, f: filterTrim},
	"truncate":    {params: []string{"length", "killwords", "end", "leeway"}, f: filterTruncate},
	"unique":      {params: []string{"case_sensitive", "attribute"}, f: filterUnique},
	"upper":       {f: stringFilter(strings.ToUpper)},
	"urlencode":   {f: filterURLEncode},
	"wordcount":   {f: filterWordcount},
}

// soft returns v as a string, which is marked as safe if v is.
func (r *renderer) soft(v any) any {
	if isSafe(v) {
		return v
	}
	return r.str(v).value()
}

// flag returns the truth of an argument, false if there is none.
func flag(v any) bool { return v != absent && truth(v) }
