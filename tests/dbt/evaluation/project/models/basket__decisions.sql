{{ decisions('basket') }}
