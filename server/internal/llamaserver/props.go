package llamaserver

import (
	"path/filepath"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
)

// A propsAnswer describes the server and a model.
type propsAnswer struct {
	Defaults   defaultsOut `json:"default_generation_settings"`
	Slots      int         `json:"total_slots"`
	Alias      string      `json:"model_alias"`
	Path       string      `json:"model_path"`
	Modalities modalities  `json:"modalities"`
	BOS        string      `json:"bos_token"`
	EOS        string      `json:"eos_token"`
	Build      string      `json:"build_info"`
}

type defaultsOut struct {
	Context int            `json:"n_ctx"`
	Params  map[string]any `json:"params"`
}

type modalities struct {
	Vision bool `json:"vision"`
	Audio  bool `json:"audio"`
}

// props answers with the properties of the server and of a model. The path is the name
// of its file only.
func props(x *core.Exchange) error {
	m, err := x.Model(x.Request.URL.Query().Get("model"))
	if err != nil {
		return err
	}
	tok, err := tokenizer(m)
	if err != nil {
		return err
	}
	out := propsAnswer{Defaults: defaultsOut{m.Context(), settings(&chord.Params{}, nil)}, Slots: x.Core.Limits.AtOnce,
		Modalities: modalities{Vision: m.Info().Vision}, Alias: m.Name, Build: "chord " + x.Core.Version}
	if m.Entry.Path != "" {
		out.Path = filepath.Base(m.Entry.Path)
	}
	if id := tok.BOS(); id >= 0 {
		out.BOS = tok.Token(id)
	}
	if id := tok.EOS(); id >= 0 {
		out.EOS = tok.Token(id)
	}
	return x.JSON(out)
}
