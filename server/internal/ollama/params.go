package ollama

import (
	"errors"
	"math"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// common are the fields that requests for texts share.
type common struct {
	core.Thoughts
	Model     *string   `json:"model"`
	Stream    *bool     `json:"stream"` // nil: true
	Format    wire.Raw  `json:"format" api:"as=format"`
	Options   wire.Raw  `json:"options" api:"as=options"`
	KeepAlive keepAlive `json:"keep_alive"`
	Think     wire.Raw  `json:"think" api:"as=think"`
	Truncate  *bool     `json:"truncate"` // nil: true
	Logprobs  *bool     `json:"logprobs"`
	Top       *int      `json:"top_logprobs" api:"min=0,max=20"`

	contextLength int // options.num_ctx, 0: the model's
}

// options are the options that core.Sampling does not read. Those about how a model is
// loaded are ignored: the server's operator says that.
type options struct {
	NumCtx     *int         `json:"num_ctx"`
	NumPredict *int         `json:"num_predict"`
	Stop       wire.Strings `json:"stop"`
}

// params sets the parameters of a request.
func (c *common) params(x *core.Exchange, p *chord.ChatParams) error {
	if err := c.options(x, &p.Params); err != nil {
		return err
	}
	if err := c.think(p); err != nil {
		return err
	}
	if err := c.SetThoughts(p); err != nil {
		return err
	}
	switch top, most := deref(c.Top), x.Core.Limits.TopLogprobs; {
	case top < 0 || top > most:
		return wire.Errorf("top_logprobs", "%d, want 0 to %d", top, most)
	case deref(c.Logprobs):
		p.Logprobs = max(1, top) // at least one, so that the token itself has a log probability
	}
	return c.format(&p.Params)
}

// options sets the options.
func (c *common) options(x *core.Exchange, p *chord.Params) error {
	if c.Options == nil {
		return nil
	}
	var o options
	if err := wire.DecodeAt("options", c.Options, &o); err != nil {
		return err
	}
	if err := within("options", x.Core.Limits.Sampling(c.Options, p)); err != nil {
		return err
	}
	if err := within("options", x.Stop(p, o.Stop)); err != nil {
		return err
	}
	if n := o.NumPredict; n != nil {
		if *n < -2 { // -2 fills the context, as -1 does
			return wire.Errorf("options.num_predict", "%d, want -2 or more", *n)
		}
		p.MaxTokens = max(*n, -1)
	}
	if n := o.NumCtx; n != nil {
		if *n < 1 {
			return wire.Errorf("options.num_ctx", "%d, want 1 or more", *n)
		}
		c.contextLength = *n
	}
	return nil
}

// within puts the name of the object before the field of an error.
func within(object string, err error) error {
	e, ok := errors.AsType[*wire.Error](err)
	switch {
	case !ok:
		return err
	case e.Param == "":
		return wire.Errorf(object, "%s", e.Reason)
	}
	return wire.Errorf(object+"."+e.Param, "%s", e.Reason)
}

// think sets whether the model reasons: a boolean, or how much.
func (c *common) think(p *chord.ChatParams) error {
	const at = "think"
	switch c.Think.Kind() {
	case 0:
		return nil
	case 't', 'f':
		p.EnableThinking = new(c.Think.Kind() == 't')
		return nil
	case '"':
		var effort string
		if err := wire.DecodeAt(at, c.Think, &effort); err != nil {
			return err
		}
		switch effort {
		case "low", "medium", "high", "max":
			return core.SetEffort(p, at, &effort)
		}
	}
	return wire.Errorf(at, "%.40s, want a boolean, low, medium, high or max", c.Think)
}

// format sets the form of the answer: "json" or a JSON Schema.
func (c *common) format(p *chord.Params) error {
	const at = "format"
	switch c.Format.Kind() {
	case 0:
		return nil
	case '{':
		return core.Schema(p, at, c.Format)
	case '"':
		var word string
		if err := wire.DecodeAt(at, c.Format, &word); err != nil {
			return err
		}
		switch {
		case word == "":
			return nil
		case word == "json" && p.Grammar == nil:
			core.JSONObject(p)
			return nil
		}
	}
	return wire.Errorf(at, `%.40s, want "json" or a JSON Schema`, c.Format)
}

// streamed reports whether the answer is a stream.
func (c *common) streamed() bool { return c.Stream == nil || *c.Stream }

// A keepAlive is how long a model stays loaded: seconds, or a text such as "5m"; a
// negative time is forever.
type keepAlive struct{ time *time.Duration }

// JSONSchema returns the schema of either form.
func (keepAlive) JSONSchema() map[string]any {
	return map[string]any{"anyOf": []map[string]any{{"type": "number"}, {"enum": []any{"5m", "0s", "-1s", nil}}}}
}

// UnmarshalJSON decodes either form.
func (k *keepAlive) UnmarshalJSON(b []byte) error {
	k.time = nil
	var d time.Duration
	switch raw := wire.Raw(b); raw.Kind() {
	case 'n':
		return nil
	case '0':
		var seconds float64
		if err := wire.DecodeAt("", raw, &seconds); err != nil {
			return err
		}
		d = time.Duration(math.MaxInt64)
		if seconds < d.Seconds() {
			d = time.Duration(seconds * float64(time.Second))
		}
		if seconds < 0 {
			d = -1
		}
	case '"':
		var text string
		if err := wire.DecodeAt("", raw, &text); err != nil {
			return err
		}
		var err error
		if d, err = time.ParseDuration(text); err != nil {
			return wire.Errorf("", `%.40q, want a duration such as "5m"`, text)
		}
	default:
		return wire.Errorf("", `want seconds or a duration such as "5m"`)
	}
	k.time = &d
	return nil
}

// unloads reports whether the model is to be unloaded at once.
func (k keepAlive) unloads() bool { return k.time != nil && *k.time == 0 }
