from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='step',
            name='extension_rule',
            field=models.JSONField(blank=True, null=True),
        ),
    ]
