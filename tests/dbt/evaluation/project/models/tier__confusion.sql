{{ evaluation_confusion('tier') }}
