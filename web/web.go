// Package web has the files of the page on which people chat with a model: plain
// modules of JavaScript that ask nobody but the server they came from.
//
//	index.html           the document; all addresses in it are relative
//	page/app.js          what happens when: conversations, sending, keys
//	page/chat.js         the view of one conversation
//	page/markdown.js     Markdown to nodes; text of a model never becomes HTML
//	page/settings.js     parameters, theme and dialogs
//	page/store.js        conversations in IndexedDB, settings in localStorage
//	page/transport.js    who answers: here a server with the API of OpenAI
//	page/theme.js        sets the chosen theme before the first paint
//
// A transport has two methods, models and chat; another one, such as an engine in a
// worker, can stand behind the same page.
package web

import "embed"

// FS has index.html and, in the folder page, what it loads.
//
//go:embed index.html page
var FS embed.FS
