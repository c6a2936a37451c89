{{ insitu.evaluation_confusion('tier') }}
