module github.com/querent-ai/chord/gen

go 1.26

require (
	github.com/mmcloughlin/avo v0.6.0
	github.com/querent-ai/chord v0.0.0
	golang.org/x/text v0.41.0
)

require (
	golang.org/x/mod v0.40.0 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/tools v0.49.0 // indirect
)
