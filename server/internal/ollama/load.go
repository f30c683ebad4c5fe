package ollama

import (
	"time"

	"github.com/querent-ai/chord/server/internal/core"
)

// A head is what every line of an answer begins with.
type head struct {
	Model     string `json:"model"`
	CreatedAt string `json:"created_at"`
}

// newHead returns the head of a line: the model by the name that the request has for it.
func newHead(asked string, m *core.Lease) head {
	h := head{asked, time.Now().UTC().Format(time.RFC3339Nano)}
	if asked == "" && m != nil {
		h.Model = m.Name
	}
	return h
}

// loaded loads the model of a request without a prompt, or unloads it, and returns why
// the answer is done.
func (c *common) loaded(x *core.Exchange) (h head, reason string, err error) {
	asked := deref(c.Model)
	if c.KeepAlive.unloads() {
		m, err := x.Core.Models.Lookup(x.Context(), asked)
		if err != nil {
			return h, "", err
		}
		_, err = x.Core.Models.Unload(x.Context(), m.Name)
		return newHead(asked, &core.Lease{Name: m.Name}), "unload", err
	}
	m, err := x.ModelFor(asked, c.KeepAlive.time)
	if err != nil {
		return h, "", err
	}
	return newHead(asked, m), "load", nil
}
