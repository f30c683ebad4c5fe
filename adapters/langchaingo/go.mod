module github.com/querent-ai/chord/adapters/langchaingo

go 1.26

require (
	github.com/querent-ai/chord v0.0.0
	github.com/tmc/langchaingo v0.1.14
)
