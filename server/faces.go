package server

import (
	"github.com/querent-ai/chord/server/internal/anthropic"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/llamaserver"
	"github.com/querent-ai/chord/server/internal/ollama"
	"github.com/querent-ai/chord/server/internal/openai"
)

// faces are the APIs. The first prints the errors of paths that are nobody's.
func faces(o *Options) []*core.Face {
	return []*core.Face{
		openai.Face(o.Batches),
		llamaserver.Face(),
		anthropic.Face(),
		ollama.Face(),
	}
}
