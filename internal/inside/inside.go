// Package inside lets commands of this module do with a model what its API does
// not offer: compute tokens that nobody has sampled, watch products.
package inside

import (
	"context"

	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/llama"
)

// Set by package chord; the model is a *chord.Model.
var (
	// Engine returns a model's engine.
	Engine func(model any) *engine.Engine
	// Observe makes o see the products of a model from the next step on; nil
	// ends it.
	Observe func(ctx context.Context, model any, o llama.Observer) error
)
