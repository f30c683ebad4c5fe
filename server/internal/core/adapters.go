package core

import (
	"fmt"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/wire"
)

// An AdapterScale is an adapter of a model, by its number, with a scale.
type AdapterScale struct {
	ID    *int     `json:"id"`
	Scale *float32 `json:"scale"`
}

// Adapters returns the adapters of the model with their scales.
func (l *Lease) Adapters() []chord.AdapterScale {
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	return append([]chord.AdapterScale(nil), l.e.adapters...)
}

// Active returns the adapters that texts use unless they say otherwise.
func (l *Lease) Active() []chord.AdapterScale { return active(l.Adapters()) }

// Chosen returns the adapters that a list, the field param of a request, names; those
// that it does not name have scale 0.
func (l *Lease) Chosen(param string, list []AdapterScale) ([]chord.AdapterScale, error) {
	all := l.Adapters()
	for i := range all {
		all[i].Scale = 0
	}
	if err := choose(param, all, list); err != nil {
		return nil, err
	}
	return active(all), nil
}

// SetScales sets the scales for all texts that begin from now on; adapters that the list
// does not name get 0.
func (l *Lease) SetScales(list []AdapterScale) error {
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	all := append([]chord.AdapterScale(nil), l.e.adapters...)
	for i := range all {
		all[i].Scale = 0
	}
	if err := choose("", all, list); err != nil {
		return err
	}
	l.e.adapters = all
	return nil
}

// choose sets the scales in all that a list says.
func choose(param string, all []chord.AdapterScale, list []AdapterScale) error {
	for i, a := range list {
		at := fmt.Sprintf("%s[%d]", param, i)
		switch {
		case a.ID == nil || *a.ID < 0 || *a.ID >= len(all):
			return wire.Errorf(at+".id", "want the number of an adapter, of which the model has %d", len(all))
		case a.Scale == nil:
			return wire.Errorf(at+".scale", "missing")
		}
		all[*a.ID].Scale = *a.Scale
	}
	return nil
}

// active returns the adapters whose scale is not 0; none are an empty list.
func active(all []chord.AdapterScale) []chord.AdapterScale {
	list := []chord.AdapterScale{}
	for _, a := range all {
		if a.Scale != 0 {
			list = append(list, a)
		}
	}
	return list
}
