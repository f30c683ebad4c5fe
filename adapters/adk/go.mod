module github.com/querent-ai/chord/adapters/adk

go 1.26

require (
	github.com/querent-ai/chord v0.0.0
	google.golang.org/adk v1.0.0
	google.golang.org/genai v1.40.0
)
