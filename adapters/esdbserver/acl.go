package esdbserver

import "encoding/json"

// acl lists who may do what with a stream: names of users and groups. A nil
// list leaves it to the default.
type acl struct {
	read, write, del, metaRead, metaWrite []string
}

// roles are those of one operation on the stream or on its metadata.
func (a *acl) roles(op operation, meta bool) []string {
	switch {
	case a == nil:
		return nil
	case meta && op == opRead:
		return a.metaRead
	case meta:
		return a.metaWrite
	case op == opRead:
		return a.read
	case op == opDelete:
		return a.del
	}
	return a.write
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
		if !ok || string(raw) == "null" {
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

// defaultACLs hold for streams without a list of their own. The $settings
// stream can change them.
type defaultACLs struct{ user, system *acl }

func parseSettings(data []byte) *defaultACLs {
	var s struct {
		User   json.RawMessage `json:"$userStreamAcl"`
		System json.RawMessage `json:"$systemStreamAcl"`
	}
	d := &defaultACLs{}
	if json.Unmarshal(data, &s) != nil {
		return d
	}
	if s.User != nil {
		d.user, _ = parseACL(s.User)
	}
	if s.System != nil {
		d.system, _ = parseACL(s.System)
	}
	return d
}
