package grammar

import (
	"fmt"
	"strings"
)

// The formats of draft 2020-12 as regular expressions of the whole text. Three
// of them allow less than they could, never more: regex knows no nested groups,
// idn-hostname has labels of one script, and neither has hostname labels that
// begin with xn--, whose rest a regular expression cannot check.
//
// [RFC 3339] [RFC 3986] [RFC 3987] [RFC 5321] [RFC 6531] [RFC 6570] [RFC 6901]
const (
	dateFormat = `(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))` +
		`|(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)`
	offset     = `(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)`
	timeFormat = `(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,40})?` + offset + `|23:59:60(?:\.\d{1,40})?(?:[Zz]|[+-]00:00))`
	digits     = `\d{1,90}`
	timePart   = `T(?:` + digits + `H(?:` + digits + `M(?:` + digits + `S)?)?|` + digits + `M(?:` + digits + `S)?|` + digits + `S)`
	datePart   = `(?:` + digits + `Y(?:` + digits + `M(?:` + digits + `D)?)?|` + digits + `M(?:` + digits + `D)?|` + digits + `D)`
	octet      = `(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
	ipv4Format = octet + `(?:\.` + octet + `){3}`
	h16        = `[0-9A-Fa-f]{1,4}`
	ls32       = `(?:` + h16 + `:` + h16 + `|` + ipv4Format + `)`
	label      = `[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?`
	domain     = label + `(?:\.` + label + `)*`
	noPunycode = `(?![Xx][Nn]--)(?!.*\.[Xx][Nn]--)`
	hostFormat = `(?=.{1,253}$)` + noPunycode + domain
	atext      = "A-Za-z0-9!#$%&'*+/=?^_`{|}~-"
	wide       = `\u{80}-\u{10ffff}`
	pct        = `%[0-9A-Fa-f]{2}`
	ucs        = `\u{a0}-\u{d7ff}\u{f900}-\u{fdcf}\u{fdf0}-\u{ffef}\u{10000}-\u{1fffd}\u{20000}-\u{2fffd}\u{30000}-\u{3fffd}`
	priv       = `\u{e000}-\u{f8ff}\u{f0000}-\u{ffffd}\u{100000}-\u{10fffd}`
)

// ipv6Format returns the addresses with every place of the two colons.
func ipv6Format() string {
	alts := []string{`(?:` + h16 + `:){6}` + ls32, `::(?:` + h16 + `:){5}` + ls32}
	for n := 0; n <= 4; n++ { // up to n+1 groups before the colons
		before := fmt.Sprintf(`(?:(?:%s:){0,%d}%s)?::`, h16, n, h16)
		alts = append(alts, before+fmt.Sprintf(`(?:%s:){%d}`, h16, 4-n)+ls32)
	}
	alts = append(alts,
		fmt.Sprintf(`(?:(?:%s:){0,5}%s)?::%s`, h16, h16, h16),
		fmt.Sprintf(`(?:(?:%s:){0,6}%s)?::`, h16, h16))
	return `(?:` + strings.Join(alts, "|") + `)`
}

// uriFormat returns addresses with a scheme, and without one too if relative;
// more are characters that may stand for themselves, query some for queries.
func uriFormat(more, query string, relative bool) string {
	plain := `[A-Za-z0-9._~!$&'()*+,;=` + more + `-]|` + pct
	char := `(?:` + plain + `|[:@])`
	literal := `\[(?:` + ipv6Format() + `|[vV][0-9A-Fa-f]{1,9}\.[A-Za-z0-9._~!$&'()*+,;=:-]{1,200})\]`
	authority := `(?:(?:` + plain + `|:)*@)?(?:` + literal + `|(?:` + plain + `)*)(?::\d*)?`
	absolute := `/(?:` + char + `+(?:/` + char + `*)*)?`
	end := `(?:\?(?:` + char + `|[/?` + query + `])*)?(?:#(?:` + char + `|[/?])*)?`
	hier := `//` + authority + `(?:/` + char + `*)*|` + absolute
	uri := `[A-Za-z][A-Za-z0-9+.-]*:(?:` + hier + `|` + char + `+(?:/` + char + `*)*)?`
	if relative {
		first := `(?:` + plain + `|@)+`
		uri = `(?:` + uri + `|` + hier + `|` + first + `(?:/` + char + `*)*)?`
	}
	return uri + end
}

func emailFormat(more string) string {
	atom := `[` + more + atext + `]+`
	quoted := `"(?:[ !#-\[\]-~` + more + `]|\\[ -~])*"`
	host := domain
	if more != "" {
		host = `[A-Za-z0-9` + more + `](?:[A-Za-z0-9` + more + `-]{0,61}[A-Za-z0-9` + more + `])?`
		host += `(?:\.` + host + `)*`
	}
	limits := `(?=.{1,254}$)(?=(?:[\x00-\x7f]{1,64}|.{1,16})@[^@]*$)` // 64 bytes before the last @
	return limits + `(?:` + atom + `(?:\.` + atom + `)*|` + quoted + `)@(?:` + host + `|\[` + ipv4Format + `\]|\[IPv6:` + ipv6Format() + `\])`
}

func idnFormat() string {
	var alts []string
	for _, script := range []string{`\u{ac00}-\u{d7a3}`, `\u{4e00}-\u{9fa5}`, `\u{3041}-\u{3096}`, `\u{30a1}-\u{30fa}`,
		`\u{3b1}-\u{3c9}`, `\u{430}-\u{44f}`, `\u{df}-\u{f6}\u{f8}-\u{ff}a-z`} {
		alts = append(alts, `[`+script+`]{1,12}`)
	}
	l := `(?:` + label + `|` + strings.Join(alts, "|") + `)`
	return `(?=.{1,253}$)(?!(?:.*[.\u3002\uff0e\uff61])?[Xx][Nn]--)` + l + `(?:[.\u3002\uff0e\uff61]` + l + `){0,3}`
}

func templateFormat() string {
	varchar := `(?:[A-Za-z0-9_]|` + pct + `)`
	name := varchar + `(?:\.?` + varchar + `)*(?::[1-9]\d{0,3}|\*)?`
	text := `[\x21\x23\x24\x26-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e` + ucs + priv + `]|` + pct
	return `(?:` + text + `|\{[+#./;?&]?` + name + `(?:,` + name + `)*\})*`
}

func regexFormat() string {
	class := `\[\^?(?:a-z|A-Z|0-9|[A-Za-z0-9_ .,:;@#/]|\\[dwsDWS\\\]\[-])+\]`
	atom := `(?:[^\^$\\.*+?()\[\]{}|]|\\[dDwWsStnrfv^$\\.*+?()\[\]{}|/]|\.|` + class + `)`
	quantifier := `(?:[*+?]\??|\{[0-9]{1,3},?\})?`
	terms := `(?:` + atom + quantifier + `|[\^$])*`
	group := `\((?:\?:)?` + terms + `(?:\|` + terms + `)*\)` + quantifier
	terms = `(?:` + atom + quantifier + `|[\^$]|` + group + `)*`
	return terms + `(?:\|` + terms + `)*`
}

// formats returns the expression of a format as ECMAScript writes it.
var formats = map[string]func() string{
	"date":                  func() string { return dateFormat },
	"time":                  func() string { return timeFormat },
	"date-time":             func() string { return dateFormat + `[Tt]` + timeFormat },
	"duration":              func() string { return `P(?:` + datePart + `(?:` + timePart + `)?|` + timePart + `|` + digits + `W)` },
	"email":                 func() string { return emailFormat("") },
	"idn-email":             func() string { return emailFormat(wide) },
	"hostname":              func() string { return hostFormat },
	"idn-hostname":          idnFormat,
	"ipv4":                  func() string { return ipv4Format },
	"ipv6":                  ipv6Format,
	"uri":                   func() string { return uriFormat("", "", false) },
	"uri-reference":         func() string { return uriFormat("", "", true) },
	"iri":                   func() string { return uriFormat(ucs, priv, false) },
	"iri-reference":         func() string { return uriFormat(ucs, priv, true) },
	"uuid":                  func() string { return `[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}` },
	"uri-template":          templateFormat,
	"json-pointer":          func() string { return `(?:/(?:[^/~]|~[01])*)*` },
	"relative-json-pointer": func() string { return `(?:0|[1-9]\d{0,40})(?:#|(?:/(?:[^/~]|~[01])*)*)` },
	"regex":                 regexFormat,
}

// format returns the texts, as they stand between quotes, of a format of draft
// 2020-12; other formats are annotations.
func (s *schemas) format(name string) (expr, error) {
	source, ok := formats[name]
	if !ok {
		return s.text, nil
	}
	key := "format " + name
	if e, ok := s.parsed[key]; ok {
		return e, nil
	}
	p, err := parsePattern(source())
	if err != nil {
		return none, err
	}
	e, err := s.x.pattern(p, jsonText{})
	s.parsed[key] = e
	return e, err
}
