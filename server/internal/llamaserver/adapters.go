package llamaserver

import (
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// An adapterOut is an adapter of a model.
type adapterOut struct {
	ID    int     `json:"id"`
	Path  string  `json:"path"` // its name
	Scale float32 `json:"scale"`
}

// listAdapters answers with the adapters of a model.
func listAdapters(x *core.Exchange) error {
	m, err := x.Model(x.Request.URL.Query().Get("model"))
	if err != nil {
		return err
	}
	list := []adapterOut{}
	for i, a := range m.Adapters() {
		list = append(list, adapterOut{i, a.Adapter.Info().Name, a.Scale})
	}
	return x.JSON(list)
}

// A successAnswer says that it was done.
type successAnswer struct {
	Success bool `json:"success"`
}

// setAdapters sets the scales of the adapters of a model.
func setAdapters(x *core.Exchange) error {
	var list []core.AdapterScale
	if wire.Raw(x.Body).Kind() != '[' {
		return wire.Errorf("", "want an array of adapters: [{\"id\": 0, \"scale\": 1}]")
	}
	if err := wire.DecodeAt("", x.Body, &list); err != nil {
		return err
	}
	m, err := x.Model(x.Request.URL.Query().Get("model"))
	if err != nil {
		return err
	}
	if err := m.SetScales(list); err != nil {
		return err
	}
	return x.JSON(successAnswer{true})
}
