{{ outcomes('visits') }}
