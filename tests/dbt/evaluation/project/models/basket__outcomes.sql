{{ outcomes('basket') }}
