package esdbserver

import "encoding/json"

// acl lists who may do what with a stream: names of users and groups. A nil
// list leaves it to the default.
type acl struct {
	read, write, del, metaRead, metaWrite []string
}

// parseACL reads an "$acl" property: each role is a name or a list of names.
func parseACL(value json.RawMessage) (*acl, bool) {
	var roles map[string]json.RawMessage
	if err := json.Unmarshal(value, &roles); err != nil {
		return nil, false
	}
	a := &acl{}
	for key, dst := range map[string]*[]string{
		"$r": &a.read, "$w": &a.write, "$d": &a.del, "$mr": &a.metaRead, "$mw": &a.metaWrite,
	} {
		raw, ok := roles[key]
		if !ok {
			continue
		}
		var name string
		if json.Unmarshal(raw, &name) == nil {
			*dst = []string{name}
			continue
		}
		if err := json.Unmarshal(raw, dst); err != nil {
			return nil, false
		}
		if *dst == nil {
			*dst = []string{}
		}
	}
	return a, true
}
