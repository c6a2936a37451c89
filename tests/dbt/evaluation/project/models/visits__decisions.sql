{{ decisions('visits') }}
