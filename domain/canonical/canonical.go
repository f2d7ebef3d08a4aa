// Package canonical owns the reading of JSON in canonical form, as the platform itself has written it: no white space,
// keys sorted, strings escaped in one way only. It finds values without decoding them, and validates nothing: what
// comes from outside is made canonical by who takes it in.
package canonical

import "fmt"

// Each calls yield for every key of a canonical JSON object, in order, with the key and the value as they are
// written (the key without its quotes, but escaped).
func Each(object []byte, yield func(key, value []byte)) error {
	s := scanner{data: object}
	if !s.accept('{') {
		return s.broken()
	}
	if s.accept('}') {
		return nil
	}
	for {
		key, ok := s.str()
		if !ok || !s.accept(':') {
			return s.broken()
		}
		start := s.at
		if !s.skip() {
			return s.broken()
		}
		yield(key, s.data[start:s.at])
		if s.accept('}') {
			return nil
		}
		if !s.accept(',') {
			return s.broken()
		}
	}
}

// scanner walks JSON that is known to be canonical: it finds ends, it doesn't validate.
type scanner struct {
	data []byte
	at   int
}

func (s *scanner) broken() error {
	return fmt.Errorf("this is not canonical JSON at byte %d", s.at)
}

func (s *scanner) accept(c byte) bool {
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) str() ([]byte, bool) {
	if !s.accept('"') {
		return nil, false
	}
	start := s.at
	for ; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return s.data[start : s.at-1], true
		}
	}
	return nil, false
}

// skip passes one value.
func (s *scanner) skip() bool {
	depth := 0
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case '"':
			if _, ok := s.str(); !ok {
				return false
			}
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			depth--
			s.at++
		case ',', ':':
			s.at++
		default: // a number or a literal
			for s.at < len(s.data) && !ends(s.data[s.at]) {
				s.at++
			}
		}
		if depth == 0 {
			return true
		}
	}
	return false
}

func ends(c byte) bool { return c == ',' || c == '}' || c == ']' || c == ':' }

// Key writes a key as it stands in canonical JSON, without quotes.
func Key(key string) string {
	out := make([]byte, 0, len(key))
	for i := range len(key) {
		switch c := key[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c >= 0x20:
			out = append(out, c)
		case c == '\b':
			out = append(out, `\b`...)
		case c == '\t':
			out = append(out, `\t`...)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\f':
			out = append(out, `\f`...)
		case c == '\r':
			out = append(out, `\r`...)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return string(out)
}
