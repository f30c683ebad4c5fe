package llama

import "github.com/querent-ai/chord/gguf"

// Check returns the error that [Load] would have about the keys of f and about
// the names, types and shapes of its tensors. It reads no tensor's data, so it
// is cheap and says nothing about them.
func Check(f *gguf.File) error {
	c, err := ReadConfig(f)
	if err != nil {
		return err
	}
	_, err = loadWeights(f, c, nil, 0)
	return err
}
