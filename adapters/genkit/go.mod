module github.com/querent-ai/chord/adapters/genkit

go 1.26

require (
	github.com/firebase/genkit/go v1.4.0
	github.com/querent-ai/chord v0.0.0
)
