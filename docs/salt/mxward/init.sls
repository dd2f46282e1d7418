---
mxward:
  mxward.applied:
    # The folder of the repository on the host that runs mxward, and the program.
    - name: "{{ salt['pillar.get']('mxward:repository', '/etc/mxward') }}"
    - program: "{{ salt['pillar.get']('mxward:program', 'mxward') }}"
    # Only these targets; all of them where the list is empty.
    - targets: "{{ salt['pillar.get']('mxward:targets', []) | join(' ') }}"
    # What an apply may do that its guards refuse, such as "weaker=3".
    - allow: "{{ salt['pillar.get']('mxward:allow', []) | join(' ') }}"
    # Refuse everything that is not of these effects, such as [stronger, neutral].
    - only: "{{ salt['pillar.get']('mxward:only', []) | join(' ') }}"
