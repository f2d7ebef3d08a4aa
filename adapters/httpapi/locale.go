package httpapi

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// locale is a language that errors are told in. What it has no words for stays English.
type locale struct {
	name    string            // as Content-Language says it
	formats map[string]string // its formats by the English ones; nil: English itself
	foreign []foreign
}

// foreign is a sentence of a library, which gives only the whole: its arguments are found by what stands between them.
type foreign struct {
	sentence *regexp.Regexp
	format   string
}

var english = &locale{name: "en"}

// Made when somebody first asks for it.
var chinese = sync.OnceValue(func() *locale {
	l := &locale{name: "zh-CN", formats: chineseFormats}
	longestFirst := func(a, b string) int { return cmp.Compare(len(b), len(a)) } // it says most of what differs
	for _, said := range slices.SortedFunc(maps.Keys(chineseOfLibraries), longestFirst) {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(said), "%s", "(.*)")
		l.foreign = append(l.foreign, foreign{regexp.MustCompile("(?s)^" + pattern + "$"), chineseOfLibraries[said]})
	}
	return l
})

// The first is for who reads neither.
var locales = language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese})

// longestAccepted is many times what browsers send; a header of 60 KiB would cost milliseconds.
const longestAccepted = 1000

// localeFor is the one that suits an Accept-Language header best.
func localeFor(accepted string) *locale {
	if len(accepted) > longestAccepted {
		return english
	}
	if _, i := language.MatchStrings(locales, accepted); i == 1 {
		return chinese()
	}
	return english
}

// say gives a text in the language.
func (l *locale) say(t problem.Text) string {
	if l.formats == nil {
		return t.String()
	}
	format, given := t.Parts()
	if own, known := l.formats[format]; known {
		format = own
	}
	args := make([]any, len(given))
	for i, arg := range given {
		switch a := arg.(type) {
		case problem.Text:
			args[i] = l.say(a)
		case error:
			args[i] = l.sayForeign(a.Error())
		default:
			args[i] = a
		}
	}
	return fmt.Sprintf(format, args...)
}

// sayForeign gives a sentence of a library in the language.
func (l *locale) sayForeign(sentence string) string {
	for _, f := range l.foreign {
		if found := f.sentence.FindStringSubmatch(sentence); found != nil {
			args := make([]any, len(found)-1)
			for i, arg := range found[1:] {
				args[i] = arg
			}
			return fmt.Sprintf(f.format, args...)
		}
	}
	return sentence
}
